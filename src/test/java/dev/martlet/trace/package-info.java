/// Traces, as a collector gets them from a service in a process of its own.
@NullMarked
package dev.martlet.trace;

import org.jspecify.annotations.NullMarked;
