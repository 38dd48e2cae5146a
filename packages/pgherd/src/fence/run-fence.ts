import { readFileSync, write } from 'node:fs'
import { uptime } from 'node:os'
import { flushCompileCache } from 'node:module'
import type { FenceFile } from '../components/fence/fence-file.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { dropPrivileges } from '../hosts/local/drop-privileges.ts'
import { askPatroni } from './ask-patroni.ts'
import { beginState, readFenceStatus } from './fence-status.ts'
import { Watch } from './watch.ts'

/** The fence's process, started by bin/pgherd-fence.js: watches until a signal ends it. Logs JSON lines to standard error. */
export async function runFenceProcess(file: string | undefined): Promise<void> {
  process.umask(0o022)
  process.on('uncaughtException', (error) => {
    log({ level: 60, msg: 'the fence ends after an unexpected error', error: String(error.stack) }, () =>
      process.exit(1),
    )
  })
  let reload = (): void => undefined
  process.on('SIGHUP', () => reload())
  try {
    // loads all that a question needs, while files may still be read
    await askPatroni('https://127.0.0.1:1/', '/dev/null', 1)
    flushCompileCache()
    dropPrivileges()
    const config = readFenceFile(file)
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const previous = await readFenceStatus(config.status)
    const watch = new Watch(config, boot, beginState(previous, boot, uptime()), log, previous?.lastAction)
    reload = () => takeUp(file, watch)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () =>
        log({ level: 30, msg: 'the fence is stopping', signal }, () => process.exit(0)),
      )
    log({
      level: 30,
      msg: 'the fence is watching',
      member: config.member,
      uid: process.getuid?.(),
      ...config.timing,
    })
    await watch.run()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    for (const { code, detail, mend: way } of error.diagnostics)
      process.stderr.write(`${JSON.stringify({ level: 60, code, msg: detail, mend: way })}\n`)
    process.exit(error.exitCode)
  }
}

/** A file that cannot be used changes nothing: the fence goes on with the one it has. */
function takeUp(file: string | undefined, watch: Watch): void {
  try {
    watch.reload(readFenceFile(file))
    log({ level: 30, msg: 'the fence has read its file again' })
  } catch (error) {
    log({ level: 50, msg: 'the fence keeps the file it had', error: String(error) })
  }
}

/** Never waits: a full or hanging disk must not hold up the fence. */
function log(entry: Readonly<Record<string, unknown>>, written: () => void = () => undefined): void {
  write(2, `${JSON.stringify({ time: new Date().toISOString(), pid: process.pid, ...entry })}\n`, written)
}

/** Reads fence.json, which `up` wrote. Throws DiagnosticError FENCE_FILE_INVALID. */
export function readFenceFile(path: string | undefined): FenceFile {
  if (path === undefined) throw invalid('(none)', 'no file was named on the command line')
  let file: Partial<FenceFile> | null
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as Partial<FenceFile> | null
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error))
  }
  const texts = [file?.member, file?.url, file?.ca, file?.data, file?.patroniConfig, file?.status]
  const { ttl, loopWait, retryTimeout, fenceMargin } = file?.timing ?? {}
  const numbers = [ttl, loopWait, retryTimeout, fenceMargin]
  if (!texts.every((text) => typeof text === 'string' && text !== ''))
    throw invalid(path, 'parts of it are missing')
  if (!numbers.every((each) => typeof each === 'number' && each > 0))
    throw invalid(path, 'its timing is incomplete')
  if (ttl !== undefined && ttl <= (loopWait ?? 0) + (fenceMargin ?? 0))
    throw invalid(path, 'the lease is shorter than a loop and the margin together')
  if (!Array.isArray(file?.etcd?.hosts)) throw invalid(path, 'it does not say where etcd is')
  return file as FenceFile
}

function invalid(path: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('FENCE_FILE_INVALID', {
      detail: `The fence cannot use its file ${path}: ${why}. Without it a primary whose Patroni is dead could outlive its lease.`,
      mend: mend.run('pgherd', 'up'),
      at: { file: path },
    }),
  )
}
