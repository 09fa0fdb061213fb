import { streamError } from './stream-errors.js';

function serverError(code: string, message: string, severity = 'ERROR'): Error {
  return Object.assign(new Error(message), { code, severity });
}

describe('streamError', () => {
  it.each([
    ['slot-busy', '55006', 'replication slot "s" is active for PID 7'],
    ['slot-missing', '42704', 'replication slot "s" does not exist'],
    ['slot-lost', '55000', 'can no longer get changes from replication slot "s"'],
    ['slot-lost', '55000', 'can no longer access replication slot "s"'],
    ['slot-lost', '55000', 'cannot read from logical replication slot "s"'],
    ['slot-lost', '58P01', 'requested WAL segment 000000010000000000000001 has already been removed'],
    ['database-misconfigured', '42704', 'publication "p" does not exist'],
    ['database-misconfigured', '55000', 'logical decoding requires "wal_level" >= "logical"'],
    ['database-misconfigured', '58P01', 'could not access file "wal2json": No such file or directory'],
    ['database-misconfigured', '42501', 'permission denied to start WAL sender'],
    ['database-unavailable', '57P01', 'terminating connection due to administrator command'],
    ['database-unavailable', '58P01', 'could not open file'],
  ])('%s for %s %s', (code, sqlState, message) => {
    expect(streamError(serverError(sqlState, message), 's')).toMatchObject({ code });
  });

  it('takes an error of the socket for a lost session', () => {
    expect(streamError(new Error('read ECONNRESET'), 's')).toMatchObject({ code: 'database-unavailable' });
  });
});
