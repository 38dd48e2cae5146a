/**
 * A timestamptz as text that no setting of the session changes: to_json writes ISO 8601 whatever DateStyle and TimeZone
 * are, and infinity as it is. `fromServer` reads it.
 */
export const instantColumn = (expression: string): string => `to_json(${expression} at time zone 'UTC')`
