// The last thing that the image's entrypoint does at the very first start, after it has made the root user: only when
// that user is in a checkpoint on disk does the mark go that would make `start` begin anew.
const reply = db.adminCommand({ fsync: 1 });
if (reply.ok !== 1) throw new Error(`fsync: ${JSON.stringify(reply)}`);
require('fs').unlinkSync(`${process.env.DATA ?? '/data/db'}/.first-start`);
