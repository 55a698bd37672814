// Command vcsim serves govmomi's vCenter simulator with one Virtual Container Host of so many containerVMs, each with an
// ExtraConfig as VIC writes it. It prints its URL when it is ready, ends when its stdin closes, and then prints how many
// requests it answered, and with how many bytes.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("vcsim: ")
	count := flag.Int("vm", 2000, "containerVMs")
	templates := flag.String("templates", "", "`file` of VIC-encoded ExtraConfigs, one JSON object a line")
	taskTime := flag.Int("task", 0, "milliseconds that each task takes")
	flag.Parse()
	if err := run(*count, *templates, *taskTime); err != nil {
		log.Fatal(err)
	}
}

func run(vms int, templates string, taskTime int) error {
	appliances, containers, err := read(templates)
	if err != nil {
		return err
	}
	model := simulator.VPX()
	model.Host, model.ClusterHost, model.Machine = 0, 1, 0
	if err := model.Create(); err != nil {
		return err
	}
	defer model.Remove()
	if err := seed(model, vms, appliances[0], containers); err != nil {
		return err
	}
	model.Service.TLS = new(tls.Config)
	server := model.Service.NewServer()
	defer server.Close()
	var count wire
	server.Config.Handler = count.counting(server.Config.Handler)
	simulator.TaskDelay.Delay = taskTime
	// A vCenter lets a VM be read while one of its tasks runs.
	simulator.TaskDelay.MethodDelay = map[string]int{"LockHandoff": 0}

	fmt.Println(server.URL)
	// It closes with the process that holds the other end, even if that is killed: nothing is left behind.
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Println(count.requests.Load(), count.bytes.Load())
	return nil
}

// wire counts what went over it: requests, and the bytes of the answers' bodies.
type wire struct{ requests, bytes atomic.Int64 }

type countingWriter struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (w countingWriter) Write(data []byte) (int, error) {
	w.bytes.Add(int64(len(data)))
	return w.ResponseWriter.Write(data)
}

func (c *wire) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		next.ServeHTTP(countingWriter{w, &c.bytes}, r)
	})
}

type config map[string]string

// read takes the whole ExtraConfigs of a file of such; short ones are examples of something odd.
func read(path string) (appliances, containers []config, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var encoded struct {
			Target string
			Config config
		}
		if err := json.Unmarshal(lines.Bytes(), &encoded); err != nil {
			return nil, nil, err
		}
		switch {
		case len(encoded.Config) <= 60:
		case encoded.Target == "appliance":
			appliances = append(appliances, encoded.Config)
		default:
			containers = append(containers, encoded.Config)
		}
	}
	if len(appliances) == 0 || len(containers) == 0 {
		return nil, nil, errors.New(path + " has no whole ExtraConfig of an appliance and of a containerVM")
	}
	return appliances, containers, lines.Err()
}

// seed makes the VMs by the API's own methods, but without a wire, and puts their ExtraConfigs into the model directly.
func seed(model *simulator.Model, count int, appliance config, containers []config) error {
	ctx := context.Background()
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return err
	}
	finder := find.NewFinder(client)
	datacenter, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return err
	}
	finder.SetDatacenter(datacenter)
	pool, err := finder.DefaultResourcePool(ctx)
	if err != nil {
		return err
	}
	folders, err := datacenter.Folders(ctx)
	if err != nil {
		return err
	}

	create := func(name string, id uuid.UUID) (*object.Task, error) {
		path := fmt.Sprintf("[LocalDS_0] %s/%s.vmx", name, name)
		return folders.VmFolder.CreateVM(ctx, types.VirtualMachineConfigSpec{
			Name: name, Uuid: id.String(), GuestId: "otherGuest", Files: &types.VirtualMachineFileInfo{VmPathName: path},
		}, pool, nil)
	}
	fill := func(task *object.Task, values config) error {
		made := model.Map().Get(task.Reference()).(*simulator.Task)
		made.Wait()
		if made.Info.Error != nil {
			return errors.New(made.Info.Error.LocalizedMessage)
		}
		ref := made.Info.Result.(types.ManagedObjectReference)
		vm := model.Map().Get(ref).(*simulator.VirtualMachine)
		if _, ok := values[applianceID]; ok {
			values[applianceID] = "VirtualMachine:" + ref.Value
			values["guestinfo.vice./container/ComputeResources"] = "0"
			values["guestinfo.vice./container/ComputeResources|0/Type"] = "ResourcePool"
			values["guestinfo.vice./container/ComputeResources|0/Value"] = pool.Reference().Value
		}
		vm.Config.ExtraConfig = options(values)
		return nil
	}

	vch := uuid.NewSHA1(uuid.NameSpaceURL, []byte("vch1"))
	task, err := create("vch1", vch)
	if err != nil {
		return err
	}
	if err := fill(task, copied(appliance)); err != nil {
		return err
	}
	random := rand.New(rand.NewSource(5))
	tasks := make([]*object.Task, count)
	values := make([]config, count)
	for i := range tasks {
		id := fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
		values[i] = copied(containers[i%len(containers)])
		values[i]["guestinfo.vice./common/id"] = id
		values[i]["guestinfo.vice./common/name"] = fmt.Sprintf("ctr-%d", i)
		values[i]["guestinfo.vice./version/PluginVersion"] = "0"
		delete(values[i], "common/name")
		delete(values[i], "common/rename-disabled")
		// As VIC derives it.
		if tasks[i], err = create(fmt.Sprintf("ctr-%d-%s", i, id[:12]), uuid.NewSHA1(vch, []byte(id))); err != nil {
			return err
		}
	}
	for i, task := range tasks {
		if err := fill(task, values[i]); err != nil {
			return err
		}
	}
	return nil
}

const applianceID = "guestinfo.vice./init/common/id"

func copied(values config) config {
	out := make(config, len(values)+8)
	for key, value := range values {
		out[key] = value
	}
	return out
}

func options(values config) []types.BaseOptionValue {
	var out []types.BaseOptionValue
	for key, value := range values {
		if value == "" {
			value = "<nil>" // what VIC makes of an empty string
		}
		out = append(out, &types.OptionValue{Key: key, Value: value})
	}
	return out
}
