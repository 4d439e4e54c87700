// Waiting for a condition, and for no longer than so many seconds.

/** Resolves once `condition` holds, looking at it now and at each event; rejects with what it throws. */
export function until(target, event, condition) {
  const listening = new AbortController();
  const found = new Promise((resolve, reject) => {
    const look = () => {
      try {
        if (condition()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    target.addEventListener(event, look, { signal: listening.signal });
    look();
  });
  return found.finally(() => listening.abort());
}

/** Rejects where the promise takes longer. */
export function within(promise, seconds) {
  let timer = 0;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("took too long")), seconds * 1000);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
