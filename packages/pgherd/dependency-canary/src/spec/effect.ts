import { readFileSync } from 'node:fs'
export const effect = readFileSync
