/// Where the time of a request goes. The other rooms say what they do; who keeps it is none of their business, and
/// without anybody who does it costs the look at a scoped value.
@NullMarked
package dev.martlet.trace;

import org.jspecify.annotations.NullMarked;
