import type { Row } from '../database/query.ts'

/**
 * Yields pages of rows, up to a number of rows in all, and asks for the next page before the consumer works on the present one.
 * `next` is given the last row, undefined at first; a page with fewer than `size` rows is the last.
 */
export async function* pages(
  size: number,
  limit: number,
  next: (last: Row | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[], void, undefined> {
  let left = limit
  let page = await next(undefined)
  for (;;) {
    left -= page.length
    const following = page.length < size || left <= 0 ? undefined : next(page.at(-1))
    // the consumer may stop, or throw, before it comes to this page
    following?.catch(() => undefined)
    yield left < 0 ? page.slice(0, left) : page
    if (!following) return
    page = await following
  }
}
