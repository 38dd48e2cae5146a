/** Keys etcd reads only as long as a member has no data; scaling changes them, and no member restarts for that. */
const readOnce = /^initial-/

/** What etcd.yml says to a member that has data: its lines in order, without comments and what is read once. */
export function etcdMeaning(contents: string): unknown {
  return contents
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#') && !readOnce.test(line))
}
