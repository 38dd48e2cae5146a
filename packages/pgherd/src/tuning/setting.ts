/** One server setting with the reason it has this value. */
export interface Setting {
  readonly name: string
  /** As written in postgresql.conf, without quotes. */
  readonly value: string
  /** One sentence a person without a DBA understands; names the numbers it came from. */
  readonly reason: string
  /** tuned: computed; required: pgherd cannot work without it; spec: the user said so. */
  readonly source: 'tuned' | 'required' | 'spec'
  /** The concern it belongs to (tuning/subjects), by which files and views group. */
  readonly subject?: string
}
