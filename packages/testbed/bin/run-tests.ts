import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { debianPackages } from '../src/debian-packages.ts'

/**
 * `npm test`: makes sure the real servers and programs the tests need are installed (as root it
 * installs them, else it names them and fails), then runs every test, and the checks of the sources beside them.
 */
function installed(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], {
    encoding: 'utf8',
  })
  return stdout === 'installed'
}

function installMissing(): void {
  const missing = debianPackages.filter((name) => !installed(name))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    console.error(`Tests need Debian packages that are missing:\n  sudo apt-get install ${missing.join(' ')}`)
    process.exit(1)
  }
  // postgresql-common would make and start a cluster on port 5432; the tests bring their own
  const clusterConfig = '/etc/postgresql-common/createcluster.conf'
  if (!existsSync(clusterConfig) && existsSync('/etc/postgresql-common')) {
    writeFileSync(clusterConfig, 'create_main_cluster = false\n')
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '--quiet'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...missing], {
    stdio: 'inherit',
    env,
  })
}

const root = join(import.meta.dirname, '../../..')

/** Runs a program of the project; gives whether it was content. With `later` its words come when it has ended. */
function run(program: string, args: readonly string[], { later = false } = {}): Promise<boolean> {
  const child = spawn(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    stdio: ['ignore', later ? 'pipe' : 'inherit', later ? 'pipe' : 'inherit'],
  })
  // the tests watch clocks; what only reads sources gives way to them
  if (later && child.pid !== undefined) setPriority(child.pid, 10)
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (said !== '') console.error(`${program}:\n${said}`)
      resolve(code === 0)
    })
  })
}

installMissing()
const content = await Promise.all([
  run('tsc', ['--project', '.'], { later: true }),
  run('eslint', ['--max-warnings', '0', '.'], { later: true }),
  run('prettier', ['--check', '--log-level', 'warn', '.'], { later: true }),
  run('vitest', ['run', ...process.argv.slice(2)]),
])
if (content.includes(false)) process.exit(1)
