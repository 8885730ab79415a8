/// The benchmark: Martlet beside the bare driver and beside the usual Python service.
@NullMarked
package dev.martlet.bench;

import org.jspecify.annotations.NullMarked;
