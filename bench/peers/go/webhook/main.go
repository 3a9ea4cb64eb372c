// The benchmark's peer in Go: the same mutation as nfs-steward's webhook, on controller-runtime. That serves TLS and
// decodes the review; the handler decodes the typed object and answers with the patch.
//
// It keeps what the comparison needs to be fair: namespaces and StorageClasses come from informers (metadata only
// for namespaces), every decision writes one structured log line, and controller-runtime's own metrics are on.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func main() {
	policyFile := flag.String("policy", "", "the policy file, as nfs-steward reads it")
	tlsDir := flag.String("tls-dir", "", "directory with tls.crt and tls.key")
	port := flag.Int("port", 9443, "port of the webhook, on loopback")
	healthPort := flag.Int("health-port", 9440, "port of /readyz, on loopback")
	flag.Parse() // controller-runtime registers --kubeconfig
	ctrl.SetLogger(zap.New())
	if err := run(*policyFile, *tlsDir, *port, *healthPort); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(policyFile, tlsDir string, port, healthPort int) error {
	policy, err := readPolicy(policyFile)
	if err != nil {
		return fmt.Errorf("policy %s: %w", policyFile, err)
	}
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 clientgoscheme.Scheme,
		Cache:                  cacheOptions(),
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: fmt.Sprintf("127.0.0.1:%d", healthPort),
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: "127.0.0.1", Port: port, CertDir: tlsDir,
			TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }},
		}),
	})
	if err != nil {
		return err
	}
	handler := &mutator{policy: policy, reader: mgr.GetClient(), decoder: admission.NewDecoder(mgr.GetScheme())}
	mgr.GetWebhookServer().Register("/mutate", &webhook.Admission{Handler: handler})
	return start(mgr)
}

// start fills the caches before the webhook is called ready.
func start(mgr ctrl.Manager) error {
	ctx := ctrl.SetupSignalHandler()
	for _, watched := range []client.Object{namespaceMetadata(), &storagev1.StorageClass{}} {
		if _, err := mgr.GetCache().GetInformer(ctx, watched, cache.BlockUntilSynced(false)); err != nil {
			return err
		}
	}
	if err := mgr.AddReadyzCheck("caches", mgr.GetWebhookServer().StartedChecker()); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// cacheOptions spares the peer the copies it does not need: what is read here is never written to.
func cacheOptions() cache.Options {
	shared := true
	return cache.Options{
		DefaultTransform:             cache.TransformStripManagedFields(),
		DefaultUnsafeDisableDeepCopy: &shared,
	}
}

func namespaceMetadata() *metav1.PartialObjectMetadata {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return namespace
}
