import {
  allPids,
  argumentsOf,
  identify,
  userOf,
  type ProcessIdentity,
} from '../hosts/local/process-identity.ts'

/** Patroni as its unit starts it: an interpreter, the program and its file. */
const program = /(^|\/)patroni$/

/**
 * The process of Patroni that was started with this file, by its arguments, which it keeps for life; undefined when there
 * is none. Only one of this user: that is all the fence may signal. Linux only.
 */
export function findPatroni(config: string, uid = process.geteuid?.()): ProcessIdentity | undefined {
  const pid = allPids().find((each) => {
    const argv = argumentsOf(each)
    return argv.includes(config) && argv.some((text) => program.test(text)) && userOf(each) === uid
  })
  return pid === undefined ? undefined : identify(pid)
}
