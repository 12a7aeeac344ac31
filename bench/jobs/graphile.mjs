// Graphile Worker at the same work: one durable row for each job.
// usage: DATABASE_URL=... node graphile.mjs install | drain | latency COUNT
//   install   its schema, and the table of effects
//   drain     runs all jobs of task "effect", then ends
//   latency   adds COUNT jobs, each when the one before has run, and prints as JSON
//             when each was asked for, stored and begun, in microseconds
import { makeWorkerUtils, run, runMigrations, runOnce } from 'graphile-worker'
import { Logger } from 'graphile-worker'
import pg from 'pg'

const connectionString = process.env.DATABASE_URL
// What its documentation gives for the most jobs a second.
const fast = {
  concurrentJobs: Number(process.env.CONCURRENT ?? 24),
  maxPoolSize: Number(process.env.POOL ?? 25),
  localQueue: { size: Number(process.env.LOCAL ?? 500) },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}
const now = () => Number(process.hrtime.bigint() / 1000n)
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message)
})
const begun = new Map()

async function effect({ messageSid }, helpers) {
  const at = now()
  begun.get(messageSid)?.(at)
  await helpers.withPgClient((client) => client.query({
    name: 'effect',
    text: 'INSERT INTO effects (message_sid, at) VALUES ($1, $2)',
    values: [messageSid, at],
  }))
}

async function latency(count) {
  const runner = await run({
    connectionString, logger, taskList: { effect }, noHandleSignals: true, concurrency: 4,
  })
  const client = new pg.Client({ connectionString })
  await client.connect()
  const samples = []
  for (let i = 0; i < count; i++) {
    const messageSid = `SM${String(i).padStart(32, '0')}`
    const start = new Promise((resolve) => begun.set(messageSid, resolve))
    const asked = now()
    await client.query({
      name: 'add',
      text: `SELECT FROM graphile_worker.add_job('effect', $1)`,
      values: [JSON.stringify({ messageSid })],
    })
    samples.push({ asked, stored: now(), begun: await start })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await client.end()
  await runner.stop()
  console.log(JSON.stringify(samples))
}

const [command, count] = process.argv.slice(2)
if (command === 'install') {
  await runMigrations({ connectionString, logger })
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('CREATE TABLE effects (id bigserial PRIMARY KEY, message_sid text, at bigint)')
  await client.end()
} else if (command === 'drain') {
  await runOnce({
    preset: { worker: { connectionString, logger, ...fast } }, taskList: { effect },
  })
} else if (command === 'latency') {
  await latency(Number(count))
}
