/** What each code stands for: fixed text, safe to group by. A code is never reused for another meaning. */
export const errorCodes = {
  VERSION_CONFLICT: 'the key is not at the expected version',
  ALREADY_KNOWN: 'something is known for a part of the period already',
  NOTHING_KNOWN: 'nothing is known for the period',
  INVALID_KEY: 'the subject or predicate cannot be stored',
  INVALID_VALUE: 'the value cannot be stored',
  INVALID_TIME: 'a time is no point in time',
  INVALID_PERIOD: 'a period has no duration',
  INVALID_OPTION: 'an option makes no sense',
  OVERLAP: 'two facts of one key hold at the same time',
  OUTCOME_UNKNOWN: 'the connection broke before the server answered',
  UNREACHABLE: 'the server cannot be reached',
  POOL_EXHAUSTED: 'the pool has no free connection',
  READ_ONLY: 'the server is read-only',
  DISK_FULL: 'the server is out of disk space',
  NOT_INSTALLED: 'the schema is not installed',
  TABLE_DIFFERS: 'the table is there with other columns',
  UNCOVERED: 'what is referred to is not known for the whole period',
  ISOLATION: 'the isolation level cannot guard references',
  INVALID_TEXT: 'the text cannot be imported',
  SCHEMA_NEWER: 'the schema is newer than this library',
  NO_TRANSACTION: 'there is no transaction to be part of',
  TRANSACTION_CLASH: 'the transaction collided with another',
} as const

export type ErrorCode = keyof typeof errorCodes
