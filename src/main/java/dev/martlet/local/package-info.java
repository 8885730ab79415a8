/// The embedded database, for development and demonstration.
@NullMarked
package dev.martlet.local;

import org.jspecify.annotations.NullMarked;
