/**
 * Start-up options of our own superuser sessions (libpq's `options`). They go before what is set for the database or the
 * role, where a search_path could put functions of a user in front of PostgreSQL's own, and a DateStyle could make times
 * unreadable. Waiting for a synchronous standby is not for us: that standby is our own archive.
 */
export const adminSession =
  '-c search_path=pg_catalog -c datestyle=ISO -c timezone=UTC -c synchronous_commit=local -c lock_timeout=0 -c statement_timeout=0 -c idle_in_transaction_session_timeout=0'
