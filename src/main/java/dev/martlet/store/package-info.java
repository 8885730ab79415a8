@NullMarked
package dev.martlet.store;

import org.jspecify.annotations.NullMarked;
