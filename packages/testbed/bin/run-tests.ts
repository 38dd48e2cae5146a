import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianPackages } from '../src/debian-packages.ts'

/**
 * `npm test`: makes sure the real servers and programs the tests need are installed (as root it
 * installs them, else it names them and fails), then runs the checks and every test.
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

function run(program: string, args: readonly string[]): void {
  const root = join(import.meta.dirname, '../../..')
  const { status } = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

installMissing()
run('tsc', ['--project', '.'])
run('eslint', ['--max-warnings', '0', '.'])
run('prettier', ['--check', '--log-level', 'warn', '.'])
run('vitest', ['run', ...process.argv.slice(2)])
