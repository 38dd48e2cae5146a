/**
 * Yields what pages hold, and asks for the next page while the consumer works on the present one. `next` is given the
 * last item, undefined at first; a page with fewer than `size` items is the last.
 */
export async function* pages<T>(
  size: number,
  next: (last: T | undefined) => Promise<readonly T[]>,
): AsyncGenerator<T, void, undefined> {
  let page = await next(undefined)
  for (;;) {
    const following = page.length < size ? undefined : next(page.at(-1))
    // the consumer may stop, or throw, before it comes to this page
    following?.catch(() => undefined)
    yield* page
    if (!following) return
    page = await following
  }
}
