import { fillSecrets } from '../../apply/fill-secrets.ts'
import type { RenderedFile } from '../../components/component.ts'
import type { Wanted } from '../../plan/wanted.ts'
import { doubledSecretGap, secretGap } from '../../secrets/secret.ts'
import type { Member } from '../../topology/topology.ts'
import { hostOf, type OperationSite } from '../cluster-operation.ts'

/** A member with the files that hold secrets. */
export interface SecretSite extends OperationSite {
  readonly wanted: Pick<Wanted, 'files' | 'units' | 'secretsDirectory'>
}

/** A file of a member, filled and not written yet. */
export interface FilledFile {
  readonly site: SecretSite
  readonly file: RenderedFile
}

/** Files of every member that hold a secret. */
export function filesWith(sites: readonly SecretSite[], secret: string): readonly FilledFile[] {
  const gaps = [secretGap(secret), doubledSecretGap(secret)]
  return sites.flatMap((site) =>
    site.wanted.files
      .filter((file) => file.secret && gaps.some((gap) => file.contents.includes(gap)))
      .map((file) => ({ site, file })),
  )
}

/** Those files with another value of the secret, in memory alone: when something changes, writing is all that is left. */
export function fillAnew(
  sites: readonly SecretSite[],
  secret: string,
  read: (id: string) => Promise<string>,
): Promise<readonly FilledFile[]> {
  return Promise.all(
    filesWith(sites, secret).map(async ({ site, file }) => ({
      site,
      file: { ...file, contents: await fillSecrets(file.contents, read) },
    })),
  )
}

export async function writeAll(files: readonly FilledFile[]): Promise<void> {
  await Promise.all(files.map(({ site, file }) => site.host.writeFile(file)))
}

/**
 * Has the programs read their files by signal: asked over the network they would want a password, which may be the one that
 * is just changing.
 */
export async function signalReaders(files: readonly FilledFile[]): Promise<void> {
  await Promise.all(
    files.map(async ({ site, file }) => {
      const unit = site.wanted.units.find(({ name }) => name === file.unit)
      if (unit?.reload) await site.host.reloadUnit(unit)
    }),
  )
}

/** Puts a value into the store of secrets, at the home. */
export async function store(
  sites: readonly SecretSite[],
  home: Member,
  secret: string,
  value: string,
): Promise<void> {
  await hostOf(sites, home.name).writeFile({
    path: `${home.paths.secrets}/${secret}`,
    contents: value,
    mode: 0o600,
    owner: 'run-as',
  })
}
