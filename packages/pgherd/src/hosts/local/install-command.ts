import { existsSync, readFileSync } from 'node:fs'

/** The command that installs a PostgreSQL major on this operating system, by os-release(5). */
export function installCommand(major: number, osRelease = '/etc/os-release'): readonly string[] {
  if (process.platform === 'darwin') return ['brew', 'install', `postgresql@${major}`]
  const families = existsSync(osRelease) ? familiesOf(readFileSync(osRelease, 'utf8')) : []
  const is = (...names: string[]) => names.some((name) => families.includes(name))
  if (is('debian', 'ubuntu')) return ['apt-get', 'install', `postgresql-${major}`]
  if (is('rhel', 'centos', 'almalinux', 'rocky', 'ol', 'fedora')) {
    return ['dnf', 'install', `postgresql${major}-server`, `postgresql${major}-contrib`]
  }
  if (is('suse', 'opensuse'))
    return ['zypper', 'install', `postgresql${major}-server`, `postgresql${major}-contrib`]
  if (is('alpine')) return ['apk', 'add', `postgresql${major}`, `postgresql${major}-contrib`]
  if (is('arch')) return ['pacman', '-S', 'postgresql']
  return ['apt-get', 'install', `postgresql-${major}`]
}

/** Where a PostgreSQL major of the system has its programs, in the order they are tried. */
export function systemDirectories(major: number): readonly string[] {
  return [
    `/usr/lib/postgresql/${major}/bin`, // Debian, Ubuntu, PGDG for apt
    `/usr/pgsql-${major}/bin`, // PGDG for EL
    `/usr/lib/postgresql${major}/bin`, // SUSE
    `/usr/libexec/postgresql${major}`, // Alpine
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    '/usr/bin', // EL's own module, Fedora, Arch: one version only
  ]
}

/** The distribution and those it descends from (ID and ID_LIKE of os-release(5)). */
export function familiesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(?:ID|ID_LIKE)=["']?([^"']*)["']?$/.exec(line.trim())
    return match?.[1]?.split(/\s+/) ?? []
  })
}
