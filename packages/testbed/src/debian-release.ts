import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What signs every release of Debian (package debian-archive-keyring). */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Fetches packages of another release of Debian, with the mirror and the settings of this machine's apt, and lists of
 * their own: nothing of the system changes. apt verifies them by the signature of the release. Gives their files.
 * Throws with what apt said.
 */
export function fetchDebian(release: string, names: readonly string[], directory: string): readonly string[] {
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: apt-get install debian-archive-keyring`)
  const files = join(directory, 'files')
  for (const each of ['lists/partial', 'archives/partial', 'files'])
    mkdirSync(join(directory, each), { recursive: true })
  writeFileSync(join(directory, 'status'), '')
  writeFileSync(
    join(directory, 'debian.sources'),
    `Types: deb\nURIs: ${mirror()}\nSuites: ${release}\nComponents: main\nTargets: Packages\nSigned-By: ${keyring}\n`,
  )
  const config = join(directory, 'apt.conf')
  writeFileSync(
    config,
    [
      `Dir::Etc::sourcelist "${join(directory, 'debian.sources')}";`,
      'Dir::Etc::sourceparts "/dev/null";',
      `Dir::State "${directory}";`,
      `Dir::State::status "${join(directory, 'status')}";`,
      `Dir::Cache "${directory}";`,
      // the second of the two runs reads what the first one has parsed
      'Dir::Cache::pkgcache "packages.bin";',
      'Dir::Cache::srcpkgcache "sources.bin";',
      'Acquire::Languages "none";',
      // it writes into our directory, which an account of its own may not
      'APT::Sandbox::User "";',
      // what a machine does after an update of its own lists
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
    ].join('\n'),
  )
  apt(['--config-file', config, '--quiet', '--error-on=any', 'update'], directory)
  apt(['--config-file', config, '--quiet', 'download', ...names], files)
  const fetched = readdirSync(files).map((name) => join(files, name))
  if (fetched.length !== names.length)
    throw new Error(`of ${names.length} packages of ${release}, apt-get brought ${fetched.length}`)
  return fetched
}

/** Where this machine has its own release from. */
function mirror(): string {
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''
  const lines = apt(
    ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'],
    '/',
  )
  const own = lines.split('\n').find((line) => line.startsWith(`${codename} main `))
  if (own === undefined)
    throw new Error(`the sources of apt have no ${codename} main, so no mirror of Debian`)
  return own.split(' ')[2] ?? ''
}

function apt(argv: readonly string[], cwd: string): string {
  return execFileSync('apt-get', argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
