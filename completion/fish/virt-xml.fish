# fish completion for virt-xml: that of virt-install
source (path dirname (status filename))/virt-install.fish
