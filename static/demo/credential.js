/** Asks the customer's own back end, which signs the request; the page never sees the API secret. */
export async function fetchCredential(account) {
  const response = await fetch("/credential", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ account }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.message} (${answer.code || response.status})`);
  return answer.authentication;
}
