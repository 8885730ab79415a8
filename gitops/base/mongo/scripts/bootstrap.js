// Makes one replica set of the three members, once. Brings the users in line with the Secrets, at every run.
// mongosh runs it in the Job `mongo-bootstrap`, as a hook of every sync. It leaves alone what is done already.
const fs = require('fs');
const members = process.env.MEMBERS.split(',');
const secrets = process.env.SECRETS ?? '/run/secrets';
const minutes = Number(process.env.WAIT_MINUTES ?? 12);

const secret = (who, key) => {
  const file = `${secrets}/${who}/${key}`;
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : undefined;
};

const connect = (hosts, login, options) => {
  const user = login ? `${encodeURIComponent(login.name)}:${encodeURIComponent(login.password)}@` : '';
  const source = login ? '&authSource=admin' : '';
  return new Mongo(`mongodb://${user}${hosts}/?serverSelectionTimeoutMS=3000&connectTimeoutMS=3000${source}&${options}`);
};

// It asks every two seconds for up to twelve minutes. A connection that is not closed stays open, here and at the member.
const hello = (member) => {
  let mongo;
  try {
    mongo = connect(member, null, 'directConnection=true');
    return mongo.getDB('admin').runCommand({ hello: 1 });
  } catch (e) {
    return undefined;
  } finally {
    if (mongo) mongo.close();
  }
};

// 'initiate' only if every member is there and none has ever belonged to a set. A member that lost its volume is empty
// too, but the others know it and fill it again.
const decide = (answers) => {
  if (answers.some((a) => a?.setName)) return 'join';
  return answers.every((a) => a?.isreplicaset) ? 'initiate' : 'wait';
};

const until = (what, attempt) => {
  const deadline = Date.now() + minutes * 60_000;
  for (let last; ; sleep(2000)) {
    const result = attempt((why) => { last = why; });
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`${what}: still not after ${minutes} minutes; last seen: ${last}`);
  }
};

// After a rotation, the database still has the previous root password, until we change it.
const asRoot = (hosts, options, why) => {
  const name = secret('root', 'username');
  const passwords = [secret('root', 'password'), secret('root', 'previous-password')].filter(Boolean);
  for (const password of passwords) {
    let mongo;
    try {
      mongo = connect(hosts, { name, password }, options);
      const admin = mongo.getDB('admin');
      admin.runCommand({ ping: 1 });
      return { mongo, admin, outdated: password !== passwords[0] };
    } catch (e) {
      if (mongo) mongo.close();
      why(e.message);
    }
  }
  return undefined;
};

const ensureUser = (db, name, password, roles) => {
  const user = { pwd: password, roles };
  if (db.getUser(name)) db.updateUser(name, user);
  else db.createUser({ user: name, ...user });
};

// Names end in a generation, `martlet-3`. A rotation makes the next one. The previous one stays valid until the
// rotation after that, so pods that have not restarted yet are never refused.
const ensureGeneration = (db, who, roles) => {
  const name = secret(who, 'username');
  const [, base, generation] = /^(.+)-(\d+)$/.exec(name);
  ensureUser(db, name, secret(who, 'password'), roles);
  for (const { user } of db.getUsers().users) {
    const old = /^(.+)-(\d+)$/.exec(user);
    if (old && old[1] === base && Number(old[2]) < Number(generation) - 1) db.dropUser(user);
  }
  print(`user ${db.getName()}.${name}: ${roles.map((r) => r.role ?? r).join(', ')}`);
};

const choice = until('the members', (why) => {
  const answers = members.map(hello);
  why(answers.map((a, i) => `${members[i]} ${a ? a.setName ?? (a.isreplicaset ? 'empty' : 'standalone') : 'unreachable'}`).join(', '));
  const decision = decide(answers);
  return decision === 'wait' ? undefined : decision;
});

if (choice === 'initiate') {
  // Only the first member has the root user, and only a member that holds data may initiate.
  const { mongo, admin } = until('login at the first member', (why) => asRoot(members[0], 'directConnection=true', why));
  const config = { _id: 'rs0', members: members.map((host, _id) => ({ _id, host })) };
  const reply = admin.runCommand({ replSetInitiate: config });
  print(`initiated rs0: ${JSON.stringify(reply.ok)}`);
  mongo.close();
} else {
  print('rs0 exists');
}

const { mongo, admin, outdated } = until('login at the primary', (why) => asRoot(members.join(','), 'replicaSet=rs0&w=majority', why));
if (outdated) {
  admin.updateUser(secret('root', 'username'), { pwd: secret('root', 'password') });
  print('root: password changed');
}

// Replaying an oplog may need any action. Only the restore Job has this role.
const anything = [{ resource: { anyResource: true }, actions: ['anyAction'] }];
if (!admin.getRole('oplogReplay')) admin.createRole({ role: 'oplogReplay', privileges: anything, roles: [] });

ensureGeneration(admin.getSiblingDB('martlet'), 'martlet', [{ role: 'readWrite', db: 'martlet' }]);
ensureGeneration(admin, 'backup', ['backup']);
ensureGeneration(admin, 'restore', ['restore', 'oplogReplay']);
ensureGeneration(admin, 'exporter', ['clusterMonitor', { role: 'read', db: 'local' }]);
mongo.close();
