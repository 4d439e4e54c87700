/** Asks the customer's own back end, which signs the request; the page never sees the API secret. */
export async function fetchCredential(account) {
  return (await ask("/credential", { account })).authentication;
}

/** Sends an object as JSON and resolves with the object that is answered; rejects with what the back end says. */
export async function ask(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.message} (${answer.code || response.status})`);
  return answer;
}
