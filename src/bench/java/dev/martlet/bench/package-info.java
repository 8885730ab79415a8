/// The benchmark: Martlet compared with the bare driver, with a service in Go and with the usual Python service.
@NullMarked
package dev.martlet.bench;

import org.jspecify.annotations.NullMarked;
