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

/// What Helidon's parts look up of each other, named here instead of found by search.
///
/// The search reads and parses descriptions in each jar of the class path, and then looks for configuration files and
/// copies the environment: a third of what a start costs, to find what the compiler knows. It would also let an
/// environment variable that is none of our settings reconfigure the server.
final class HelidonServices {

    private HelidonServices() {}

    /// To be called before anything of Helidon is used.
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
