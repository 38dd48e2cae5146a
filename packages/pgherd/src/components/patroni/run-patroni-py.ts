/** How often Patroni looks whether its PostgreSQL has shut down, in seconds. */
const stopPollingInterval = 0.1

/**
 * Python that starts Patroni with three things changed for which it has no setting:
 *
 * - It gives the leader lock away once pg_controldata says "shut down" and looks once a second (postgresql/__init__.py,
 *   `_do_stop`); a shutdown takes some 100 ms, so that sleep was the better half of a switchover's stall.
 * - Before it learned to compare (`txn` of dcs/etcd3.py has a `failure` since), it renews its leader key by writing over
 *   whatever is there. A primary that was cut off, stepped down by itself and comes back puts its key over that of its
 *   successor, takes the lead again on the old timeline, and what the successor acknowledged is lost (scenario
 *   `stale-leader`; patroni pull requests 2689 and 2693).
 * - It takes two things for a lock that it could not renew, and demotes at once without asking the failsafe (scenario
 *   `dcs-down`; patroni issue 3572): what the gateway of a dying etcd says last ("Unknown: transport: missing content-type
 *   field"), and that none of the servers answered when their list was asked for (etcd.py, `_load_machines_cache`, once
 *   another thread has found them all dead). Both mean that etcd is not available.
 *
 * A Patroni that has no place for one of these any more starts without it, and its log says so.
 */
export function renderRunPatroni(): string {
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.
# Starts the Patroni named first with the arguments behind it.
import os
import runpy
import sys

program, arguments = sys.argv[1], sys.argv[2:]
try:
    import patroni.postgresql
    from patroni.dcs import etcd3
except ImportError:
    # one that brings a Python of its own runs as it is
    os.execv(program, [program, *arguments])

# a switchover waits for it
patroni.postgresql.STOP_POLLING_INTERVAL = ${stopPollingInterval}


def compare_leader():
    """Renews the key of the leader only where it is our own or nobody's, and says when it was neither."""
    client, dcs = etcd3.PatroniEtcd3Client, etcd3.Etcd3
    if 'failure' in etcd3.Etcd3Client.txn.__code__.co_varnames:
        return
    put, update = client.put, dcs._update_leader

    def put_compared(self, key, value, lease=None, create_revision=None, mod_revision=None, retry=None):
        unconditional = create_revision is None and mod_revision is None
        if not unconditional or key != self._etcd3.leader_path:
            return put(self, key, value, lease, create_revision, mod_revision, retry)
        fields = {'key': etcd3.base64_encode(key), 'value': etcd3.base64_encode(value)}
        if lease:
            fields['lease'] = lease
        own = {'key': fields['key'], 'target': 'VALUE', 'value': fields['value']}
        written = self.txn(own, {'request_put': fields}, retry) or put(self, key, value, lease, 0, None, retry)
        self.another_leads = not written
        return written

    def update_compared(self):
        self._client.another_leads = False
        return update(self) and not self._client.another_leads

    client.put, dcs._update_leader = put_compared, update_compared


def retry_unknown():
    """What a dying etcd says last: ask another one, and the failsafe when there is none."""
    unknown, unavailable = etcd3.Unknown.code, etcd3.Unavailable
    etcd3.errCodeToClientError[unknown] = etcd3.Unknown = unavailable


def tell_connection_failed():
    """That no etcd gives the list of servers is a failed connection, not the answer of one."""
    client, etcd = etcd3.PatroniEtcd3Client, etcd3.etcd
    load, failed = client._load_machines_cache, etcd.EtcdConnectionFailed

    def load_told(self):
        try:
            return load(self)
        except etcd.EtcdException as error:
            raise failed(str(error)) from error

    client._load_machines_cache = load_told


for mend in (compare_leader, retry_unknown, tell_connection_failed):
    try:
        mend()
    except AttributeError as error:
        # a newer one may not need it, and has to start
        print(f'pgherd: this Patroni runs without {mend.__name__}: {error}', file=sys.stderr, flush=True)

sys.argv = [program, *arguments]
runpy.run_path(program, run_name='__main__')
`
}
