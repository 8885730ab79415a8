/// The store on a real database: the embedded one, or that of `MARTLET_TEST_MONGODB_URI`.
@NullMarked
package dev.martlet.store;

import org.jspecify.annotations.NullMarked;
