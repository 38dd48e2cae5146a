import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Libraries the copy has to load at its start because the live server does: some extensions refuse to work otherwise.
 * Libraries that are not installed here are left out, since a server that names one does not start.
 */
export async function availablePreload(setting: string, bin: string): Promise<readonly string[]> {
  const names = setting
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '')
  const found = await Promise.all(names.map((name) => isInstalled(name, bin)))
  return names.filter((_, index) => found[index])
}

/**
 * The setting as the rendered configuration has it, for when the server cannot be asked; empty when it has none. A member
 * of a cluster has it in patroni.yml.
 */
export async function configuredPreload(configDirectory: string): Promise<string> {
  const read = (name: string) => readFile(join(configDirectory, name), 'utf8').catch(() => '')
  const plain = /^\s*shared_preload_libraries\s*=\s*'([^']*)'/m.exec(await read('postgresql.conf'))
  const patroni = /^\s*shared_preload_libraries:\s*"([^"]*)"/m.exec(await read('patroni.yml'))
  return plain?.[1] ?? patroni?.[1] ?? ''
}

async function isInstalled(name: string, bin: string): Promise<boolean> {
  const directories = ['../lib', '../lib/postgresql']
  const paths = name.includes('/')
    ? [name, `${name}.so`]
    : directories.flatMap((directory) =>
        ['so', 'dylib'].map((ending) => join(bin, directory, `${name}.${ending}`)),
      )
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return there.includes(true)
}
