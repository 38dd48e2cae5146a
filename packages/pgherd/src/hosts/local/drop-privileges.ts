/** How a unit with `user: 'drops'` learns whom to become: `uid:gid:name:home`. */
export const dropVariable = 'PGHERD_DROP_TO'

/**
 * Becomes the run-as user for good: supplementary groups, group, user, in that order (setuid(2)), and
 * HOME. For units that root starts and that can only load their own files as root. Call it once all modules
 * are loaded and before anything is listened to. Does nothing when root did not start the unit.
 * Throws when the rights could not be given up, so that nothing goes on as root.
 */
export function dropPrivileges(env: NodeJS.ProcessEnv = process.env): void {
  const wanted = env[dropVariable]
  delete env[dropVariable]
  if (wanted === undefined || process.getuid?.() !== 0) return
  const [uid, gid, name, ...home] = wanted.split(':')
  const [user, group] = [Number(uid), Number(gid)]
  if (!Number.isInteger(user) || !Number.isInteger(group) || user <= 0 || group < 0 || !name) {
    throw new Error(`${dropVariable} does not name a user to become: ${wanted}`)
  }
  process.setgroups?.([group])
  process.setgid?.(group)
  process.setuid?.(user)
  env['HOME'] = home.join(':')
  env['USER'] = name
  env['LOGNAME'] = name
  if (process.getuid?.() !== user || process.geteuid?.() !== user || canReturn()) {
    throw new Error('could not give up the rights of root')
  }
}

function canReturn(): boolean {
  try {
    process.setuid?.(0)
    return true
  } catch {
    return false
  }
}
