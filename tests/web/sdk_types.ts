/// <reference path="../../static/widget/sip-sdk.d.ts" />
// A page that uses everything, as TypeScript sees it; test_sdk_types.py has it checked.

const sdk = document.querySelector("cc-sdk")!;

async function everything(): Promise<void> {
  const agent = await ccSdk.register({ token: "Bearer x", noWorkMode: false, isRemark: true, lang: "es" });
  const name: string = agent.name;
  const callId: string = await sdk.callPhone({ phone: "+12025550100", info: name });
  sdk.hangupCall(({ code, message }) => console.log(code.toFixed(), message, callId));
  await sdk.reConnectWebrtc();
  await sdk.answerCall();
  await sdk.rejectCall();
  await sdk.mute(true);
  await sdk.hold(false);
  await sdk.sendDtmf("1#");
  await sdk.transferCall({ to: "demo_002", type: "blind" });
  await sdk.setSeatStatus(5);
  await sdk.setRemark("Wants an offer", ["Order"]);
  await sdk.setDevices({ output: "" });
  await sdk.unregister();
  const call: CcCall | null = sdk.getState().call;
  console.log(call?.calledNumber);
}

sdk.addEventListener("onCall", (event) => {
  const both: boolean = event.detail[0].callStatus === event.detail.callStatus;
  console.log(both);
});
sdk.addEventListener("onSeatStatus", (event) => console.log(event.detail[0] === 2));
sdk.addEventListener("onMute", (event) => console.log(event.detail[0] === true));
sdk.addEventListener("onQuality", (event) => console.log(event.detail.mos, event.detail[0].verdict === "carrier"));
sdk.addEventListener("onToken", (event) => console.log(event.detail.seconds));
sdk.addEventListener("click", () => everything());

// @ts-expect-error  the token is required
ccSdk.register({});
// @ts-expect-error  after-call work is set by the server alone
sdk.setSeatStatus(4);
