/** Makes work that is done at once look asynchronous, so that what it throws becomes a rejection as a host promises. */
export function promised<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => Promise<R> {
  return (...args) =>
    new Promise((resolve) => {
      resolve(work(...args))
    })
}
