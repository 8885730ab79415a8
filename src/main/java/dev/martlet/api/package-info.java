@NullMarked
package dev.martlet.api;

import org.jspecify.annotations.NullMarked;
