// The peer of `masteria bench dispatch --peer`: one BullMQ job a message; each posts to the receiver and writes its
// outcome to PostgreSQL with one UPDATE. At least once, as BullMQ comes.
//
//   node peer.mjs enqueue   puts the jobs of all rows of `message` into the queue, and ends
//   node peer.mjs work      prints {"ready"}, begins at SIGUSR2, prints {"done"} after the last, stays until SIGTERM
//
// Settings come by the environment: RECEIVER_URL, DATABASE_URL, REDIS_URL, RECIPIENTS, CONCURRENCY, RATE (0: none).
import { Queue, Worker } from 'bullmq'
import IORedis from 'ioredis'
import pg from 'pg'
import { Agent, request } from 'undici'

const { RECEIVER_URL, DATABASE_URL, REDIS_URL } = process.env
const recipients = Number(process.env.RECIPIENTS)
const concurrency = Number(process.env.CONCURRENCY)
const rate = Number(process.env.RATE)
const say = (found) => process.stdout.write(JSON.stringify(found) + '\n')

async function enqueue() {
  const queue = new Queue('campaign', { connection: new IORedis(REDIS_URL, { maxRetriesPerRequest: null }) })
  const opts = { attempts: 5, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true, removeOnFail: 1000 }
  for (let first = 1; first <= recipients; first += 1000) {
    const jobs = []
    for (let id = first; id < first + 1000 && id <= recipients; id++)
      jobs.push({ name: 'send', data: { id, to: '+55119' + String(id).padStart(8, '0'), values: ['Pessoa ' + id] }, opts })
    await queue.addBulk(jobs)
  }
  say({ enqueued: recipients })
  process.exit(0)
}

async function work() {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
  const dispatcher = new Agent({ connections: concurrency, pipelining: 1, keepAliveTimeout: 30_000 })
  const url = `${RECEIVER_URL}/v23.0/100200300400500/messages`
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench-token' }
  let done = 0

  async function send(job) {
    const { id, to, values } = job.data
    const components = [{ type: 'body', parameters: values.map((text) => ({ type: 'text', text })) }]
    const template = { name: 'bench', language: { code: 'pt_BR' }, components }
    const body = JSON.stringify({
      messaging_product: 'whatsapp', recipient_type: 'individual', to, biz_opaque_callback_data: `p:${id}`, type: 'template', template,
    })
    const answer = await request(url, { method: 'POST', headers, body, dispatcher })
    const found = await answer.body.json()
    if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`)
    await pool.query({
      name: 'record', // prepared once a connection
      text: "update message set state = 'sent', provider_id = $2, sent_at = now(), attempts = attempts + 1 where id = $1",
      values: [id, found.messages[0].id],
    })
  }

  const worker = new Worker('campaign', send, {
    autorun: false,
    concurrency,
    connection: new IORedis(REDIS_URL, { maxRetriesPerRequest: null }),
    ...(rate ? { limiter: { max: rate, duration: 1000 } } : {}),
  })
  worker.on('error', (error) => say({ error: error.message }))
  worker.on('failed', (_job, error) => say({ failed: error.message }))
  worker.on('completed', () => ++done === recipients && say({ done }))
  await Promise.all([worker.waitUntilReady(), pool.query('select 1')])
  process.on('SIGUSR2', () => worker.run())
  process.on('SIGTERM', () => process.exit(0))
  say({ ready: process.pid })
}

await (process.argv[2] === 'enqueue' ? enqueue() : work())
