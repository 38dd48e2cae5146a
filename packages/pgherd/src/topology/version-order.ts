/** Below 0 when `a` is older than `b`, above 0 when it is newer; by the leading numbers alone: `18beta1` counts as 18.0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionNumbers(a), versionNumbers(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** `[15, 20]` of `15.20 (Debian 15.20-0+deb12u1)`. */
export function versionNumbers(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
}
