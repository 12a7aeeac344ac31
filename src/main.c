#include "offhook.h"

int main(int argc, char **argv)
{
	return oh_main(argc, argv, NULL);
}
