// What the README of ioredis shows, with its defaults. argv[2] is the package: ioredis (5) or ioredis-6.
import assert from 'node:assert/strict';
import test, {after, before} from 'node:test';

const loaded = await import(process.argv[2] ?? 'ioredis');
const Redis = loaded.Redis ?? loaded.default;
const port = Number(process.env.POOL_PORT);
let redis;

before(() => { redis = new Redis(port); });
after(() => {
  redis.disconnect();
  setTimeout(() => process.exit(), 5000).unref();  // a test that failed may have left a client connected
});

test('basic usage', async () => {
  assert.equal(await redis.set('mykey', 'value'), 'OK');
  assert.equal(await redis.get('mykey'), 'value');
  await redis.zadd('sortedSet', 1, 'one', 2, 'dos', 4, 'quatro', 3, 'three');
  assert.deepEqual(await redis.zrange('sortedSet', 0, 2, 'WITHSCORES'), ['one', '1', 'dos', '2', 'three', '3']);
  assert.equal(await redis.set('mykey', 'hello', 'EX', 10), 'OK');
});

test('callbacks', async () => {
  const value = await new Promise((done, failed) => redis.get('mykey', (error, result) => error ? failed(error) : done(result)));
  assert.equal(value, 'hello');
});

test('pub/sub', async () => {
  const sub = new Redis(port), pub = new Redis(port);
  const heard = [], patterns = [];
  sub.on('message', (channel, message) => heard.push([channel, message]));
  sub.on('pmessage', (pattern, channel, message) => patterns.push([pattern, channel, message]));
  assert.equal(await sub.subscribe('my-channel-1', 'my-channel-2'), 2);
  assert.equal(await sub.psubscribe('pat?ern'), 3);
  for (const channel of ['my-channel-1', 'my-channel-2', 'pattern']) await pub.publish(channel, 'hello');
  await until(() => heard.length === 2 && patterns.length === 1);
  assert.deepEqual(heard.sort(), [['my-channel-1', 'hello'], ['my-channel-2', 'hello']]);
  assert.deepEqual(patterns, [['pat?ern', 'pattern', 'hello']]);
  assert.equal(await sub.unsubscribe('my-channel-1'), 2);
  sub.disconnect();
  pub.disconnect();
});

test('streams, blocking', async () => {
  const reader = new Redis(port);
  const next = reader.xread('BLOCK', 0, 'STREAMS', 'mystream', '0');
  const id = await redis.xadd('mystream', '*', 'name', 'John');
  assert.deepEqual(await next, [['mystream', [[id, ['name', 'John']]]]]);
  reader.disconnect();
});

test('binary data', async () => {
  const bytes = Buffer.from([0x62, 0, 255, 13, 10]);
  await redis.set('foo', bytes);
  assert.deepEqual(await redis.getBuffer('foo'), bytes);
});

test('pipelining', async () => {
  const results = await redis.pipeline().set('foo', 'bar').del('cc').get('foo').exec();
  assert.deepEqual(results, [[null, 'OK'], [null, 0], [null, 'bar']]);
  const many = redis.pipeline();
  for (let i = 0; i < 1000; ++i) many.set(`p${i}`, i);
  assert.equal((await many.exec()).filter(([error, reply]) => !error && reply === 'OK').length, 1000);
  const wrong = await redis.pipeline().set('foo').get('foo').exec();
  assert.match(wrong[0][0].message, /wrong number of arguments/);
  assert.deepEqual(wrong[1], [null, 'bar']);
});

test('transactions', async () => {
  assert.deepEqual(await redis.multi().set('{tx}foo', 'bar').get('{tx}foo').exec(), [[null, 'OK'], [null, 'bar']]);
  await assert.rejects(redis.multi().set('{tx}foo').set('{tx}foo', 'new value').exec(), /EXECABORT/);
  assert.equal(await redis.get('{tx}foo'), 'bar');
  await redis.multi({pipeline: false});
  assert.equal(await redis.set('{tx}foo', 'one by one'), 'QUEUED');
  assert.deepEqual(await redis.exec(), [[null, 'OK']]);
});

test('watch', async () => {
  const mine = new Redis(port);
  await mine.watch('{tx}watched');
  await redis.set('{tx}watched', 'changed');
  assert.equal(await mine.multi().set('{tx}watched', 'mine').exec(), null);
  assert.equal(await redis.get('{tx}watched'), 'changed');
  mine.disconnect();
});

test('lua scripting', async () => {
  redis.defineCommand('myecho', {numberOfKeys: 2, lua: 'return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}'});
  assert.deepEqual(await redis.myecho('{s}k1', '{s}k2', 'a1', 'a2'), ['{s}k1', '{s}k2', 'a1', 'a2']);
  assert.deepEqual(await redis.pipeline().myecho('{s}k1', '{s}k2', 'a1', 'a2').exec(),
                   [[null, ['{s}k1', '{s}k2', 'a1', 'a2']]]);
});

test('hashes and argument transforms', async () => {
  await redis.hset('user:1', {name: 'Bob', age: 20});
  assert.deepEqual(await redis.hgetall('user:1'), {name: 'Bob', age: '20'});
  await redis.mset({k1: 'v1', k2: 'v2', k3: 'v3', k4: 'v4'});
  assert.deepEqual(await redis.mget('k1', 'k2', 'k3', 'k4', 'k5'), ['v1', 'v2', 'v3', 'v4', null]);
});

test('scan streams', async () => {
  const wanted = new Set();
  for (let i = 0; i < 100; ++i) wanted.add(`user:scan:${i}`);
  await Promise.all([...wanted].map((key) => redis.set(key, 'x')));
  const seen = new Set();
  for await (const keys of redis.scanStream({match: 'user:scan:*', count: 10})) keys.forEach((key) => seen.add(key));
  assert.deepEqual(seen, wanted);
  await redis.hset('myhash', 'a', '1', 'b', '2');
  const fields = [];
  for await (const found of redis.hscanStream('myhash')) fields.push(...found);
  assert.deepEqual(fields.sort(), ['1', '2', 'a', 'b']);
});

test('a connection name, auto-pipelining, quit', async () => {
  const named = new Redis(port, {connectionName: 'weir-test', enableAutoPipelining: true});
  assert.equal(await named.client('GETNAME'), 'weir-test');
  await Promise.all(Array.from({length: 100}, (_, i) => named.set(`auto:${i}`, `${i}`)));
  assert.equal(await named.get('auto:99'), '99');
  assert.equal(await named.quit(), 'OK');
});

// Polls: what comes by push has no promise to wait for.
async function until(holds) {
  for (let i = 0; i < 3000 && !holds(); ++i) await new Promise((go) => setTimeout(go, 10));
  assert.ok(holds(), 'it never came');
}
