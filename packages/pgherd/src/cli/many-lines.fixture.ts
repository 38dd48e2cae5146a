import { runCommandLine } from './command-line.ts'

/** Runs many command lines in one process, to be quick: reads them as JSON, writes what each gave as a line of JSON. */
const lines = JSON.parse(process.argv[2] ?? '[]') as string[][]
const results: { argv: string[]; code: number; written: string }[] = []
const real = process.stdout.write.bind(process.stdout)
for (const argv of lines) {
  let written = ''
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (text: string | Uint8Array) => {
      written += String(text)
      return true
    }
  }
  results.push({ argv, code: await runCommandLine(argv), written })
}
real(JSON.stringify(results))
