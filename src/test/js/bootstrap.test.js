// Runs gitops/base/mongo/scripts/bootstrap.js against a replica set of three objects: `node --test`.
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const vm = require('node:vm');

const script = fs.readFileSync(path.join(__dirname, '../../../gitops/base/mongo/scripts/bootstrap.js'), 'utf8');
const hosts = ['mongo-0:27017', 'mongo-1:27017', 'mongo-2:27017'];

// What the members hold. `answers` is what each says to `hello`; users and roles are the set's.
class Cluster {
  constructor(...answers) {
    this.answers = Object.fromEntries(hosts.map((host, i) => [host, answers[i]]));
    this.users = new Map([['admin.root', { pwd: 'root-1', roles: ['root'] }]]);
    this.roles = [];
    this.initiated = [];
    this.open = 0;
  }

  initiate(host, config) {
    this.initiated.push({ host, config });
    for (const each of hosts) this.answers[each] = { setName: config._id };
    return { ok: 1 };
  }

  database(host, name) {
    const { users, roles } = this;
    const key = (user) => `${name}.${user}`;
    return {
      getName: () => name,
      getSiblingDB: (other) => this.database(host, other),
      runCommand: (command) => {
        if (command.hello) return this.answers[host];
        if (command.replSetInitiate) return this.initiate(host, command.replSetInitiate);
        return { ok: 1 };
      },
      getUser: (user) => users.get(key(user)) ?? null,
      getUsers: () => ({ users: [...users.keys()].filter((it) => it.startsWith(`${name}.`)).map((it) => ({ user: it.slice(name.length + 1) })) }),
      createUser: ({ user, ...rest }) => { assert.ok(!users.has(key(user))); users.set(key(user), rest); },
      updateUser: (user, change) => users.set(key(user), { ...users.get(key(user)), ...change }),
      dropUser: (user) => users.delete(key(user)),
      getRole: (role) => (roles.includes(role) ? { role } : null),
      createRole: ({ role }) => { assert.ok(!roles.includes(role)); roles.push(role); },
    };
  }

  // The driver's half: who may connect, and as whom.
  connect(uri) {
    const [, user, password, host] = /^mongodb:\/\/(?:([^:]+):([^@]+)@)?([^/]+)\//.exec(uri);
    const toSet = uri.includes('replicaSet=rs0');
    const answer = toSet ? Object.values(this.answers).find((it) => it?.setName) : this.answers[host];
    if (!answer) throw new Error('no answer');
    if (user && this.users.get(`admin.${user}`).pwd !== password) throw new Error('Authentication failed.');
    this.open += 1;
    return { getDB: (name) => this.database(host, name), close: () => { this.open -= 1; } };
  }
}

function secrets(values) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bootstrap-'));
  for (const [file, value] of Object.entries(values)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), value);
  }
  return folder;
}

const generation = (n, root = { 'root/password': 'root-1' }) => secrets({
  'root/username': 'root', ...root,
  'martlet/username': `martlet-${n}`, 'martlet/password': `m${n}`,
  'backup/username': `backup-${n}`, 'backup/password': `b${n}`,
  'restore/username': `restore-${n}`, 'restore/password': `r${n}`,
  'exporter/username': `exporter-${n}`, 'exporter/password': `e${n}`,
});

function run(cluster, folder) {
  class Mongo {
    constructor(uri) { return cluster.connect(uri); }
  }
  const printed = [];
  vm.runInNewContext(script, {
    require, Mongo, print: (line) => printed.push(line), sleep: () => {}, encodeURIComponent,
    process: { env: { MEMBERS: hosts.join(','), SECRETS: folder, WAIT_MINUTES: '0.002' } },
  });
  return printed;
}

const empty = { isreplicaset: true };
const member = { setName: 'rs0' };

test('empty members become one set, from the first', () => {
  const cluster = new Cluster(empty, empty, empty);
  run(cluster, generation(1));
  assert.deepEqual(JSON.parse(JSON.stringify(cluster.initiated)), [{
    host: 'mongo-0:27017',
    config: { _id: 'rs0', members: hosts.map((host, _id) => ({ _id, host })) },
  }]);
});

test('users get the least that they need', () => {
  const cluster = new Cluster(empty, empty, empty);
  run(cluster, generation(1));
  assert.deepEqual(JSON.parse(JSON.stringify(Object.fromEntries(cluster.users))), {
    'admin.root': { pwd: 'root-1', roles: ['root'] },
    'martlet.martlet-1': { pwd: 'm1', roles: [{ role: 'readWrite', db: 'martlet' }] },
    'admin.backup-1': { pwd: 'b1', roles: ['backup'] },
    'admin.restore-1': { pwd: 'r1', roles: ['restore', 'oplogReplay'] },
    'admin.exporter-1': { pwd: 'e1', roles: ['clusterMonitor', { role: 'read', db: 'local' }] },
  });
});

test('every connection is closed again', () => {
  const cluster = new Cluster(empty, empty, empty);
  run(cluster, generation(1));
  assert.equal(cluster.open, 0);
  const away = new Cluster(empty, empty, undefined);
  assert.throws(() => run(away, generation(1)), /still not after/);
  assert.equal(away.open, 0);
});

test('a second run changes nothing', () => {
  const cluster = new Cluster(empty, empty, empty);
  run(cluster, generation(1));
  const before = JSON.stringify([...cluster.users]);
  run(cluster, generation(1));
  assert.equal(cluster.initiated.length, 1);
  assert.equal(JSON.stringify([...cluster.users]), before);
});

test('a member that lost its volume is left to the others', () => {
  const cluster = new Cluster(empty, member, member);
  run(cluster, generation(1));
  assert.equal(cluster.initiated.length, 0);
});

test('a member that is away when the set exists is not waited for', () => {
  const cluster = new Cluster(undefined, member, member);
  assert.ok(run(cluster, generation(1)).includes('rs0 exists'));
});

for (const [what, last] of [['away', undefined], ['still a standalone', { ok: 1 }]]) {
  test(`nothing is initiated while a member is ${what}`, () => {
    const cluster = new Cluster(empty, empty, last);
    assert.throws(() => run(cluster, generation(1)), /the members: still not after/);
    assert.equal(cluster.initiated.length, 0);
  });
}

test('a rotation makes the next generation and keeps the one before', () => {
  const cluster = new Cluster(empty, empty, empty);
  run(cluster, generation(1));
  run(cluster, generation(2, { 'root/password': 'root-2', 'root/previous-password': 'root-1' }));
  assert.equal(cluster.users.get('admin.root').pwd, 'root-2');
  assert.deepEqual([...cluster.users.keys()].filter((it) => it.startsWith('martlet.')), ['martlet.martlet-1', 'martlet.martlet-2']);

  run(cluster, generation(3, { 'root/password': 'root-3', 'root/previous-password': 'root-2' }));
  assert.deepEqual([...cluster.users.keys()].filter((it) => it.startsWith('martlet.')), ['martlet.martlet-2', 'martlet.martlet-3']);
});

test('a root password that nobody knows is said, not guessed', () => {
  const cluster = new Cluster(member, member, member);
  assert.throws(() => run(cluster, generation(1, { 'root/password': 'wrong' })), /login at the primary: .*Authentication failed/);
});
