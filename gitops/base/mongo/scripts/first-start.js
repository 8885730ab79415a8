// The image's entrypoint runs this last at the very first start, after it has made the root user. The mark makes `start`
// begin anew. It is removed only when the root user is in a checkpoint on disk.
const reply = db.adminCommand({ fsync: 1 });
if (reply.ok !== 1) throw new Error(`fsync: ${JSON.stringify(reply)}`);
require('fs').unlinkSync(`${process.env.DATA ?? '/data/db'}/.first-start`);
