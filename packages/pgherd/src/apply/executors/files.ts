import { fillSecrets } from '../fill-secrets.ts'
import type { Executor } from '../executor.ts'

export const makeDirectory: Executor<'make-directory'> = (action, { host }) =>
  host.makeDirectory(action.path, action.mode, action.owner)

export const writeFile: Executor<'write-file'> = async ({ file }, { host, secrets }) =>
  // only what was rendered with gaps is filled: in any other file the text of a gap is a user's own text
  host.writeFile({
    ...file,
    contents: file.secret ? await fillSecrets(file.contents, secrets.read) : file.contents,
  })
