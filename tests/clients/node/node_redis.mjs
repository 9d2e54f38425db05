// What the README of node-redis shows, with its defaults. argv[2] is the package: redis (5) or redis-6.
import assert from 'node:assert/strict';
import test, {after, before} from 'node:test';

const {createClient, createClientPool, RESP_TYPES} = await import(process.argv[2] ?? 'redis');
const url = `redis://127.0.0.1:${process.env.POOL_PORT}`;
let client;

async function connected(options = {}) {
  const one = createClient({url, ...options});
  one.on('error', (error) => console.error('client error:', error.message));
  return one.connect();
}

before(async () => { client = await connected(); });
after(() => {
  client.destroy();
  setTimeout(() => process.exit(), 5000).unref();  // a test that failed may have left a client connected
});

test('basic example', async () => {
  assert.equal(await client.set('key', 'value'), 'OK');
  assert.equal(await client.get('key'), 'value');
  assert.equal(await client.get('no such key'), null);
  assert.equal(await client.ping(), 'PONG');
});

test('raw and friendly names, hashes', async () => {
  await client.HSET('hash', 'field', 'value');
  assert.deepEqual({...await client.HGETALL('hash')}, {field: 'value'});
  await client.hSet('hash', 'field2', 'value2');
  assert.deepEqual({...await client.hGetAll('hash')}, {field: 'value', field2: 'value2'});
  assert.deepEqual(await client.hVals('hash'), ['value', 'value2']);
});

test('modifiers', async () => {
  assert.equal(await client.set('once', 'value', {EX: 10, NX: true}), 'OK');
  assert.equal(await client.set('once', 'value', {EX: 10, NX: true}), null);
});

test('buffers, dump and restore', async () => {
  const binary = client.withTypeMapping({[RESP_TYPES.BLOB_STRING]: Buffer});
  const bytes = Buffer.from([0, 255, 13, 10, 36]);
  await binary.hSet('bytes', 'field', bytes);
  assert.deepEqual(await binary.hGet('bytes', 'field'), bytes);
  const dump = await binary.dump('bytes');
  await binary.restore('restored', 0, dump);
  assert.deepEqual(await binary.hGet('restored', 'field'), bytes);
});

test('commands as they are', async () => {
  assert.equal(await client.sendCommand(['SET', 'plain', 'value', 'NX']), 'OK');
  assert.equal(await client.sendCommand(['GET', 'plain']), 'value');
});

test('several keys over the pool', async () => {
  const keys = Array.from({length: 50}, (_, i) => `many:${i}`);
  await client.mSet(keys.map((key, i) => [key, `${i}`]));
  assert.deepEqual(await client.mGet(keys), keys.map((_, i) => `${i}`));
  assert.equal(await client.exists(keys), 50);
  assert.equal(await client.del(keys), 50);
});

test('transactions', async () => {
  await client.set('{tx}another-key', 'another-value');
  const replies = await client.multi().set('{tx}key', 'value').get('{tx}another-key').exec();
  assert.deepEqual(replies, ['OK', 'another-value']);
});

test('watch', async () => {
  await using_another(async (other) => {
    await client.watch('{tx}watched');
    await other.set('{tx}watched', 'changed');
    await assert.rejects(client.multi().set('{tx}watched', 'mine').exec(), {name: 'Error'});
    assert.equal(await client.get('{tx}watched'), 'changed');
    await client.watch('{tx}watched');
    assert.deepEqual(await client.multi().set('{tx}watched', 'mine').exec(), ['OK']);
  });
});

test('a pool of clients, blocking', async () => {
  const pool = await createClientPool({url}).on('error', (error) => console.error(error.message)).connect();
  assert.equal(await pool.ping(), 'PONG');
  const popped = pool.blPop('queue', 5);
  await pool.rPush('queue', 'job');
  assert.deepEqual({...await popped}, {key: 'queue', element: 'job'});
  pool.destroy();
});

test('pub/sub', async () => {
  await using_another(async (subscriber) => {
    const heard = [], patterns = [];
    await subscriber.subscribe('channel', (message, channel) => heard.push([channel, message]));
    await subscriber.pSubscribe('chan*', (message, channel) => patterns.push([channel, message]));
    await client.publish('channel', 'message');
    await until(() => heard.length && patterns.length);
    assert.deepEqual(heard, [['channel', 'message']]);
    assert.deepEqual(patterns, [['channel', 'message']]);
    await subscriber.unsubscribe('channel');
    await subscriber.pUnsubscribe('chan*');
  });
});

test('scan iterators', async () => {
  const wanted = new Set(Array.from({length: 100}, (_, i) => `scan:${i}`));
  for (const key of wanted) await client.set(key, 'x');
  const seen = new Set();
  for await (const keys of client.scanIterator({TYPE: 'string', MATCH: 'scan:*', COUNT: 10})) {
    for (const key of [].concat(keys)) seen.add(key);
  }
  assert.deepEqual(seen, wanted);
  await client.sAdd('set', ['a', 'b']);
  const members = [];
  for await (const found of client.sScanIterator('set')) members.push(...[].concat(found));
  assert.deepEqual(members.sort(), ['a', 'b']);
});

test('auto-pipelining', async () => {
  const replies = await Promise.all(Array.from({length: 500}, (_, i) => client.set(`auto:${i}`, `${i}`)));
  assert.ok(replies.every((reply) => reply === 'OK'));
  assert.deepEqual(await Promise.all([client.get('auto:7'), client.get('auto:499')]), ['7', '499']);
});

test('scripts', async () => {
  assert.equal(await client.eval('return redis.call("SET", KEYS[1], ARGV[1]) and ARGV[1]',
                                 {keys: ['script'], arguments: ['40']}), '40');
  const sha = await client.scriptLoad('return redis.call("INCRBY", KEYS[1], ARGV[1])');
  assert.equal(await client.evalSha(sha, {keys: ['script'], arguments: ['2']}), 42);
});

test('sorted sets and streams', async () => {
  await client.zAdd('zset', [{score: 1.5, value: 'a'}, {score: 2, value: 'b'}]);
  assert.deepEqual((await client.zRangeWithScores('zset', 0, -1)).map((x) => [x.value, x.score]), [['a', 1.5], ['b', 2]]);
  const id = await client.xAdd('stream', '*', {name: 'value'});
  const read = await client.xRead({key: 'stream', id: '0'});
  assert.equal(read[0].messages[0].id, id);
});

test('RESP3 asked for', async () => {
  await using_another(async (three) => {
    await three.hSet('three', {a: '1', b: '2'});
    assert.deepEqual({...await three.hGetAll('three')}, {a: '1', b: '2'});
    await three.zAdd('zthree', {score: 2.5, value: 'm'});
    assert.equal(await three.zScore('zthree', 'm'), 2.5);
    assert.equal(await three.get('no such key'), null);
    const heard = [];
    await three.subscribe('three', (message) => heard.push(message));
    await three.publish('three', 'over one connection');
    await until(() => heard.length);
    assert.deepEqual(heard, ['over one connection']);
  }, {RESP: 3});
});

test('close waits for replies', async () => {
  const one = await connected();
  const reply = one.get('key');
  await one.close();
  assert.equal(await reply, 'value');
});

async function using_another(body, options) {
  const other = await connected(options);
  try {
    await body(other);
  } finally {
    other.destroy();
  }
}

// Polls: what comes by push has no promise to wait for.
async function until(holds) {
  for (let i = 0; i < 3000 && !holds(); ++i) await new Promise((go) => setTimeout(go, 10));
  assert.ok(holds(), 'it never came');
}
