/** A process that takes the lock of release `NAME` in namespace `NAMESPACE` for run `RUN`, says so and holds it. */
import { connectForUpgrade } from '../../src/adapters/connect.js'
import { takeLock } from '../../src/execute/lock.js'

const [name = '', namespace = '', run = ''] = process.argv.slice(2)
const ports = await connectForUpgrade({}, () => undefined)
await takeLock({ name, namespace }, run, ports)
process.stdout.write('held\n')
