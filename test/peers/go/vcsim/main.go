// Command vcsim serves govmomi's vCenter simulator, with the flags of the released vcsim that the tests
// use, for machines that cannot install that one.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/simulator"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("vcsim: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	model := simulator.VPX()
	flag.IntVar(&model.Datacenter, "dc", model.Datacenter, "datacenters")
	flag.IntVar(&model.Cluster, "cluster", model.Cluster, "clusters in each datacenter")
	flag.IntVar(&model.ClusterHost, "host", model.ClusterHost, "hosts in each cluster")
	flag.IntVar(&model.Host, "standalone-host", model.Host, "standalone hosts in each datacenter")
	flag.IntVar(&model.Datastore, "ds", model.Datastore, "datastores in each datacenter")
	flag.IntVar(&model.Pool, "pool", model.Pool, "resource pools in each cluster")
	flag.IntVar(&model.App, "app", model.App, "vApps in each cluster")
	flag.IntVar(&model.Machine, "vm", model.Machine, "VMs in each resource pool")
	flag.IntVar(&model.Folder, "folder", model.Folder, "folders around each datacenter")
	flag.BoolVar(&model.Autostart, "autostart", model.Autostart, "power on the model's VMs")
	flag.IntVar(&model.DelayConfig.Delay, "delay", model.DelayConfig.Delay, "milliseconds before each answer")
	esx := flag.Bool("esx", false, "be a standalone ESXi host")
	listen := flag.String("l", "127.0.0.1:8989", "`host:port` to listen on; port 0 takes a free one")
	withTLS := flag.Bool("tls", true, "serve HTTPS")
	user := flag.String("username", "", "the only user who may log in (anybody without it)")
	password := flag.String("password", "", "that user's password")
	flag.Parse()

	if flag.Arg(0) == "version" {
		fmt.Printf("Build Version: %s\n", version())
		return nil
	}
	if flag.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	}

	if *esx {
		// As the released vcsim does it: what an ESXi host has, too, is kept.
		options := model
		model = simulator.ESX()
		model.Datastore = options.Datastore
		model.Machine = options.Machine
		model.Autostart = options.Autostart
		model.DelayConfig.Delay = options.DelayConfig.Delay
	}
	model.ServiceContent.About.FullName += " (govmomi simulator)"
	if err := model.Create(); err != nil {
		return err
	}
	defer model.Remove()
	service := model.Service
	service.Listen = &url.URL{Host: *listen}
	if *user != "" {
		service.Listen.User = url.UserPassword(*user, *password)
	}
	if *withTLS {
		service.TLS = new(tls.Config)
	}

	// Before the first line is printed: whoever reads it may send the signal at once.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)

	server := service.NewServer()
	fmt.Printf("export GOVC_URL=%s GOVC_SIM_PID=%d\n", server.URL, os.Getpid())
	<-stop
	return nil
}

// version is the one of the govmomi module that is built in, without the leading v.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/vmware/govmomi" {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "unknown"
}
