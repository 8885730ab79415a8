package dev.martlet;

import io.helidon.common.mapper.DefaultMapperProvider__ServiceDescriptor;
import io.helidon.common.mapper.DefaultResolverService__ServiceDescriptor;
import io.helidon.common.mapper.MappersFactory__ServiceDescriptor;
import io.helidon.config.Config;
import io.helidon.config.ConfigProvider__ServiceDescriptor;
import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryConfig;
import io.helidon.service.registry.ServiceRegistryManager;
import io.helidon.service.registry.Services;

/// Names the services that parts of Helidon look up. Otherwise Helidon would search for them.
///
/// The search parses descriptions in each jar of the class path, looks for configuration files and copies the
/// environment. That was a third of the cost of a start, to find what the compiler knows. It would also let an
/// environment variable that is not one of our settings reconfigure the server.
final class HelidonServices {

    private HelidonServices() {}

    /// Call it before any other use of Helidon.
    static void name() {
        var config = ServiceRegistryConfig.builder()
                .discoverServices(false)
                .discoverServicesFromServiceLoader(false)
                .addServiceDescriptor(ConfigProvider__ServiceDescriptor.INSTANCE)
                .addServiceDescriptor(DefaultMapperProvider__ServiceDescriptor.INSTANCE)
                .addServiceDescriptor(DefaultResolverService__ServiceDescriptor.INSTANCE)
                .addServiceDescriptor(MappersFactory__ServiceDescriptor.INSTANCE)
                .build();
        GlobalServiceRegistry.registry(ServiceRegistryManager.create(config).registry());
        Services.set(Config.class, Config.empty());
    }
}
