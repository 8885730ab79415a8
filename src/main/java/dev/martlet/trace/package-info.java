/// Where the time of a request goes. Other packages say what they do, and do not know who keeps it. If nobody does,
/// the cost is one look at a scoped value.
@NullMarked
package dev.martlet.trace;

import org.jspecify.annotations.NullMarked;
