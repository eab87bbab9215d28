/** What is fetched over HTTP: columns and masks by their digest, each once. */

const KEPT = 16; // columns in memory, so that going back to a colour fetches nothing
/** @type {Map<string, Promise<ArrayBuffer>>} */
const held = new Map();

/** The answer to a request, or an error with the server's own sentence.
 * @param {string} address @param {RequestInit} [options] @returns {Promise<Response>} */
export async function fetched(address, options) {
  const answer = await fetch(address, options);
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.detail ?? `the server answered with status ${answer.status}`);
}

/** @param {{sha256: string, address: string}} parcel @returns {Promise<ArrayBuffer>} */
export function column({ sha256, address }) {
  const known = held.get(sha256) ?? fetched(address).then((answer) => answer.arrayBuffer());
  held.delete(sha256);
  held.set(sha256, known); // the last one used stands last
  known.catch(() => held.delete(sha256)); // what failed is asked for again
  if (held.size > KEPT) held.delete(held.keys().next().value);
  return known;
}
