import { join } from 'node:path'

/** Where the certificates of a member lie. `cert` and `key` are symbolic links that always lead to a pair that belongs together. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
  /** The key of pgherd's own authority; absent when the user brings certificates. */
  readonly caKey: string
}

/** File names below a directory: `<name>.crt`, `<name>.key`, `ca.crt`, `ca.key`. */
export function certificateFiles(directory: string, name = 'server'): CertificateFiles {
  return {
    cert: join(directory, `${name}.crt`),
    key: join(directory, `${name}.key`),
    ca: join(directory, 'ca.crt'),
    caKey: join(directory, 'ca.key'),
  }
}
